cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  data:
    type: Directory
    loadListing: deep_listing
outputs: {}
