cwlVersion: v1.2
class: Workflow
inputs:
  data: File
outputs:
  made:
    type: File
    outputSource: two/made
steps:
  one:
    run: cat.cwl
    in:
      data: data
    out: [made]
  two:
    run: cat.cwl
    in:
      data: one/made
    out: [made]
