cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  words:
    type:
      type: array
      items: {type: array, items: string}
    inputBinding: {}
outputs: {}
