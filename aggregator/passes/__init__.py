"""The three strokes of a pass: gather, settle, publish. Each can be run alone."""
