cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data:
    type: Directory
    loadListing: deep  # <- CWL-S004
outputs: {}
