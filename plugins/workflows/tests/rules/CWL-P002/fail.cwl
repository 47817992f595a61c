cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  word: string  # <- CWL-P002
outputs: {}
