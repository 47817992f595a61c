cwlVersion: v1.2
class: CommandLineTool
label: Says something
baseCommand: echo
inputs: {}
outputs: {}
