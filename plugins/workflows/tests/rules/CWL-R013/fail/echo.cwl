cwlVersion: v1.2
class: CommandLineTool
baseCommand: 3
inputs:
  word:
    type: string
    inputBinding: {position: 1}
outputs:
  said:
    type: stdout
