"""The configuration: YAML files become one frozen value, or a list of faults that each name file and line."""
