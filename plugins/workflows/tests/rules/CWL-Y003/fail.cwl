cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
	word: string  # <- CWL-Y003
outputs: {}
