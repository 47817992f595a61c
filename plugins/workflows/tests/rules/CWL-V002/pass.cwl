cwlVersion: v1.2
class: CommandLineTool
requirements:
  ToolTimeLimit:
    timelimit: 60
baseCommand: echo
inputs: {}
outputs: {}
