class: CommandLineTool  # <- CWL-S011
baseCommand: echo
inputs: {}
outputs: {}
