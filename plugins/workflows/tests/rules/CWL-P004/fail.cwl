cwlVersion: v1.2
class: CommandLineTool  # <- CWL-P004
baseCommand: echo
inputs: {}
outputs: {}
