cwlVersion: v1.2
class: CommandLineTool
label: Assess a repository
doc: |
  Judges a checkout by published quality criteria (https://assaymark.github.io/assaymark/) and gives the assessment, the
  reports, the badge and the provenance. Fails when a gate is given and not met.
hints:
  SoftwareRequirement:
    packages:
      assaymark:
        specs: [https://assaymark.github.io/assaymark/]
requirements:
  NetworkAccess:
    networkAccess: false
baseCommand: [assaymark, assess]
arguments:
  - prefix: --output
    valueFrom: report
inputs:
  checkout:
    type: Directory
    doc: The checkout, with its .git folder
    inputBinding:
      position: 1
  profile:
    type: string?
    doc: What to judge by
    inputBinding:
      prefix: --profile
  gate:
    type: string?
    doc: A level, or ids separated by commas, that has to be met
    inputBinding:
      prefix: --gate
  without_tools:
    type: boolean
    default: false
    doc: Run no external programs
    inputBinding:
      prefix: --no-tools
outputs:
  assessment:
    type: File
    doc: The assessment, from which everything else is drawn
    outputBinding:
      glob: report/assessment.json
  report:
    type: Directory
    doc: All reports, the badge and the provenance
    outputBinding:
      glob: report
