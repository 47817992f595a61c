cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  - id: word
    type: string
    inputBinding: {}
  - id: other
    type: string
    inputBinding: {}
outputs: {}
