cwlVersion: v1.2
class: CommandLineTool
label: Validate a model
doc: |
  Judges a model by its manifest (https://assaymark.github.io/assaymark/models/) and gives the assessment, the report
  with its pictures, the badge and the provenance. Fails when a gate is given and not met.
hints:
  SoftwareRequirement:
    packages:
      assaymark-models:
        specs: [https://assaymark.github.io/assaymark/models/]
requirements:
  NetworkAccess:
    networkAccess: false
baseCommand: [assaymark, model]
arguments:
  - prefix: --root
    valueFrom: $(inputs.project.path)
  - prefix: --output
    valueFrom: report
inputs:
  project:
    type: Directory
    doc: The folder that holds the manifest and all files that it names
  manifest:
    type: string
    default: model.toml
    doc: Path of the manifest within the folder
    inputBinding:
      position: 1
      valueFrom: $(inputs.project.path)/$(self)
  gate:
    type: string?
    doc: A level, or ids separated by commas, that has to be met
    inputBinding:
      prefix: --gate
  last:
    type: File?
    doc: The assessment of the last validation, to compare with
    inputBinding:
      prefix: --last
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
