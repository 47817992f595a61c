cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  word:
    type: strng  # <- CWL-R006
    inputBinding: {}
outputs: {}
