cwlVersion: v1.2
class: CommandLineTool
baseCommand: cat
inputs:
  data:
    type: File
    inputBinding: {}
outputs:
  made:
    type: stdout
