cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  words: string[][]  # <- CWL-S005
outputs: {}
