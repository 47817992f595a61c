cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs:
  count:
    type: int
    outputBinding:
      outputEval: three  # <- CWL-S006
