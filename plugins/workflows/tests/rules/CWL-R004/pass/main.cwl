cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  w: {$import: w.yml}
outputs: {}
