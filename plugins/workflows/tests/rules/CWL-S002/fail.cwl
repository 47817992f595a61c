cwlVersion: v1.2  # <- CWL-S002
class: CommandLineTool
baseCommand: echo
inputs: {}
