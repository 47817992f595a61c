cwlVersion: v1.2
class: Workflow
inputs:
  word: int
outputs:
  said:
    type: File
    outputSource: say/said
steps:
  say:
    run: echo.cwl
    in:
      word: word  # <- CWL-T001
    out: [said]
