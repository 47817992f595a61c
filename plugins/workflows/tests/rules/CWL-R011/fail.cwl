cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  - id: word
    type: string
    inputBinding: {}
  - id: word  # <- CWL-R011
    type: string
    inputBinding: {}
outputs: {}
