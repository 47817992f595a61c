cwlVersion: v1.2
class: CommandLineTool
requirements:
  ShellCommandRequirement: {}
baseCommand: echo
inputs: {}
outputs: {}
arguments:
  - valueFrom: a > b
    shellQuote: false
