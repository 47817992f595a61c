cwlVersion: v1.2
class: Workflow
inputs:
  word: string
outputs:
  said:
    type: File
    outputSource: say/said
steps:
  say:
    run: ecco.cwl  # <- CWL-R001
    in:
      word: word
    out: [said]
