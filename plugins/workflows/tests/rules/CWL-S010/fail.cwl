cwlVersion: v1.2
class: CommandLineTool
s:author: Ada  # <- CWL-S010
baseCommand: echo
inputs: {}
outputs: {}
