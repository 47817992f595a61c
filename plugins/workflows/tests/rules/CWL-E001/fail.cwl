cwlVersion: v1.3.0-dev1  # <- CWL-E001
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs: {}
