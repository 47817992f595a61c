cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs:
  said: stdout
stdout: ../out.txt  # <- CWL-V009
