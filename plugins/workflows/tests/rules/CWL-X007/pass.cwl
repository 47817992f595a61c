cwlVersion: v1.2
class: CommandLineTool
requirements:
  InlineJavascriptRequirement: {}
baseCommand: echo
inputs:
  data: {type: File, inputBinding: {}}
  count: {type: int, inputBinding: {}}
outputs:
  said: stdout
stdout: $(inputs.count + 1).txt
