cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data: {type: File, inputBinding: {}}
  count: {type: int, inputBinding: {}}
outputs:
  said: stdout
stdout: $(inputs.count).txt
