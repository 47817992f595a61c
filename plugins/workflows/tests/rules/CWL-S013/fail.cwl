cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs:
  said:
    type: stdout
    outputBinding:  # <- CWL-S013
      glob: said.txt
stdout: said.txt
