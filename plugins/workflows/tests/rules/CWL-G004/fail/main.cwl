cwlVersion: v1.2
class: Workflow
inputs:
  word: string
outputs:
  said: File  # <- CWL-G004
steps:
  say:
    run: echo.cwl
    in:
      word: word
    out: [said]
