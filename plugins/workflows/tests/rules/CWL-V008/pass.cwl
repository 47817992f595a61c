cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data:
    type: stdin
outputs: {}
