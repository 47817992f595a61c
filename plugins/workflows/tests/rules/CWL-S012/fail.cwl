cwlVersion: 1.2  # <- CWL-S012
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs: {}
