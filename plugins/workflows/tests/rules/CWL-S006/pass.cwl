cwlVersion: v1.2
class: CommandLineTool
requirements:
  InlineJavascriptRequirement: {}
baseCommand: echo
inputs: {}
outputs:
  count:
    type: int
    outputBinding:
      outputEval: $(3)
