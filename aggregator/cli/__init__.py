"""The command line: options, exit statuses, what is printed. Each command imports its rooms when it runs."""
