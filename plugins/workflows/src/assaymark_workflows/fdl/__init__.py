"""OSCAR function definition files (FDL): services with their input, output, scaling and storage."""
