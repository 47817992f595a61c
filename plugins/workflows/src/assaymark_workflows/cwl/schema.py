"""The fields and types of CWL 1.0, 1.1 and 1.2, written down compactly; `shapes` reads them on use.

One record is a name and its fields. A field is ``name type``; ``!`` after the name says it is required, and a prefix
restricts it to versions (``1.0``, ``1.1+``, ``1.2+``). Types: ``str bool int long num any expr`` (text that holds an
expression), ``{a,b}`` one of these words, ``[T]`` a list, ``A|B`` either, ``type:P`` a type whose records are those of
the family ``P``, ``items:P`` the same without the short forms, ``sf`` a secondary file. ``map(s)T`` and ``map(s,p)T``
is a list that may also be written as a map from the field ``s``, with ``p`` as the field of a bare value.
"""

from __future__ import annotations

VERSIONS = ("v1.0", "v1.1", "v1.2")
PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "string", "File", "Directory"})
PROCESSES = ("CommandLineTool", "Workflow", "ExpressionTool", "Operation")

_PROCESS = """
id str
label str
1.0 doc str
1.1+ doc str|[str]
requirements map(class)[requirement]
hints map(class)[hint]
cwlVersion version
1.2+ intent [str]
class! str
"""
_DESCRIBED = """
label str
doc str|[str]
"""
_FILE_FIELDS = """
1.0 secondaryFiles str|expr|[str|expr]
1.1+ secondaryFiles sf|[sf]
streamable bool
"""
_INPUT = """
id str
label str
doc str|[str]
1.0 secondaryFiles str|expr|[str|expr]
1.1+ secondaryFiles sf|[sf]
streamable bool
format str|expr|[str]
1.1+ loadContents bool
1.1+ loadListing {no_listing,shallow_listing,deep_listing}
default any
"""
_OUTPUT = """
id str
label str
doc str|[str]
1.0 secondaryFiles str|expr|[str|expr]
1.1+ secondaryFiles sf|[sf]
streamable bool
format str|expr
"""
_FIELD = """
name! str
1.0 doc str
1.1+ doc str|[str]
1.1+ secondaryFiles sf|[sf]
1.1+ streamable bool
"""
_NAMED = """
label str
1.1+ doc str|[str]
1.1+ name str
"""
_LISTING = "{no_listing,shallow_listing,deep_listing}"

RECORDS: dict[str, str] = {
    "CommandLineTool": _PROCESS
    + """
inputs! map(id,type)[CommandInputParameter]
outputs! map(id,type)[CommandOutputParameter]
baseCommand str|[str]
arguments [str|expr|CommandLineBinding]
stdin str|expr
stderr str|expr
stdout str|expr
successCodes [int]
temporaryFailCodes [int]
permanentFailCodes [int]
""",
    "ExpressionTool": _PROCESS
    + """
inputs! map(id,type)[WorkflowInputParameter]
outputs! map(id,type)[ExpressionToolOutputParameter]
1.0 expression! str|expr
1.1+ expression! expr
""",
    "Workflow": _PROCESS
    + """
inputs! map(id,type)[WorkflowInputParameter]
outputs! map(id,type)[WorkflowOutputParameter]
steps! map(id)[WorkflowStep]
""",
    "Operation": _PROCESS
    + """
inputs! map(id,type)[OperationInputParameter]
outputs! map(id,type)[OperationOutputParameter]
""",
    "CommandInputParameter": _INPUT
    + """
1.0 type! type:CommandInput
1.1+ type! type:CommandInput+stdin
inputBinding CommandLineBinding
""",
    "WorkflowInputParameter": _INPUT
    + """
type! type:Input
1.0 inputBinding CommandLineBinding
1.1+ inputBinding InputBinding
""",
    "OperationInputParameter": _INPUT + "type! type:Input\n",
    "CommandOutputParameter": _OUTPUT
    + """
type! type:CommandOutput+stdout+stderr
outputBinding CommandOutputBinding
""",
    "ExpressionToolOutputParameter": _OUTPUT
    + """
type! type:Output
1.0 outputBinding CommandOutputBinding
""",
    "OperationOutputParameter": _OUTPUT + "type! type:Output\n",
    "WorkflowOutputParameter": _OUTPUT
    + """
type! type:Output
1.0 outputBinding CommandOutputBinding
outputSource str|[str]
linkMerge {merge_nested,merge_flattened}
1.2+ pickValue {first_non_null,the_only_non_null,all_non_null}
""",
    "InputBinding": "loadContents bool",
    "CommandLineBinding": """
loadContents bool
1.0 position int
1.1+ position int|expr
prefix str
separate bool
itemSeparator str
valueFrom str|expr
shellQuote bool
""",
    "CommandOutputBinding": f"""
loadContents bool
1.1+ loadListing {_LISTING}
glob str|expr|[str]
1.0 outputEval str|expr
1.1+ outputEval expr
""",
    "CommandInputRecordSchema": _NAMED
    + """
type! {record}
fields map(name,type)[CommandInputRecordField]
1.1+ inputBinding CommandLineBinding
1.0 name str
""",
    "CommandInputRecordField": _FIELD
    + f"""
label str
type! type:CommandInput
1.1+ format str|expr|[str]
1.1+ loadContents bool
1.1+ loadListing {_LISTING}
inputBinding CommandLineBinding
""",
    "CommandInputEnumSchema": _NAMED
    + """
type! {enum}
symbols! [str]
inputBinding CommandLineBinding
1.0 name str
""",
    "CommandInputArraySchema": _NAMED
    + """
type! {array}
items! items:CommandInput
inputBinding CommandLineBinding
""",
    "InputRecordSchema": _NAMED
    + """
type! {record}
fields map(name,type)[InputRecordField]
1.0 name str
""",
    "InputRecordField": _FIELD
    + f"""
label str
type! type:Input
1.1+ format str|expr|[str]
1.1+ loadContents bool
1.1+ loadListing {_LISTING}
1.0 inputBinding CommandLineBinding
""",
    "InputEnumSchema": _NAMED
    + """
type! {enum}
symbols! [str]
1.0 inputBinding CommandLineBinding
1.0 name str
""",
    "InputArraySchema": _NAMED
    + """
type! {array}
items! items:Input
1.0 inputBinding CommandLineBinding
""",
    "CommandOutputRecordSchema": _NAMED
    + """
type! {record}
fields map(name,type)[CommandOutputRecordField]
1.0 name str
""",
    "CommandOutputRecordField": _FIELD
    + """
1.1+ label str
type! type:CommandOutput
1.1+ format str|expr
outputBinding CommandOutputBinding
""",
    "CommandOutputEnumSchema": _NAMED
    + """
type! {enum}
symbols! [str]
1.0 outputBinding CommandOutputBinding
1.0 name str
""",
    "CommandOutputArraySchema": _NAMED
    + """
type! {array}
items! items:CommandOutput
1.0 outputBinding CommandOutputBinding
""",
    "OutputRecordSchema": _NAMED
    + """
type! {record}
fields map(name,type)[OutputRecordField]
1.0 name str
""",
    "OutputRecordField": _FIELD
    + """
1.1+ label str
type! type:Output
1.1+ format str|expr
1.0 outputBinding CommandOutputBinding
""",
    "OutputEnumSchema": _NAMED
    + """
type! {enum}
symbols! [str]
1.0 outputBinding CommandOutputBinding
1.0 name str
""",
    "OutputArraySchema": _NAMED
    + """
type! {array}
items! items:Output
1.0 outputBinding CommandOutputBinding
""",
    "WorkflowStep": """
id str
label str
1.0 doc str
1.1+ doc str|[str]
in! map(id,source)[WorkflowStepInput]
out! [str|WorkflowStepOutput]
requirements map(class)[requirement]
hints map(class)[hint]
run! str|process
1.2+ when expr
scatter str|[str]
scatterMethod {dotproduct,nested_crossproduct,flat_crossproduct}
""",
    "WorkflowStepInput": f"""
id str
source str|[str]
linkMerge {{merge_nested,merge_flattened}}
1.2+ pickValue {{first_non_null,the_only_non_null,all_non_null}}
1.1+ loadContents bool
1.1+ loadListing {_LISTING}
1.1+ label str
default any
valueFrom str|expr
""",
    "WorkflowStepOutput": "id! str",
    "SecondaryFileSchema": """
pattern! str|expr
required bool|expr
""",
    "File": """
class! str
location str
path str
basename str
dirname str
nameroot str
nameext str
checksum str
size long
secondaryFiles [File|Directory]
format str
contents str
""",
    "Directory": """
class! str
location str
path str
basename str
listing [File|Directory]
""",
    "Dirent": """
entryname str|expr
entry! str|expr
writable bool
""",
    "EnvironmentDef": """
envName! str
envValue! str|expr
""",
    "SoftwarePackage": """
package! str
version [str]
specs [str]
""",
    "InlineJavascriptRequirement": "class! str\nexpressionLib [str]",
    "SchemaDefRequirement": """
class! str
1.0 types! [InputRecordSchema|InputEnumSchema|InputArraySchema]
1.1+ types! [CommandInputRecordSchema|CommandInputEnumSchema|CommandInputArraySchema]
""",
    "LoadListingRequirement": f"class! str\nloadListing {_LISTING}",
    "DockerRequirement": """
class! str
dockerPull str
dockerLoad str
dockerFile str
dockerImport str
dockerImageId str
dockerOutputDirectory str
""",
    "SoftwareRequirement": "class! str\npackages! map(package,specs)[SoftwarePackage]",
    "InitialWorkDirRequirement": """
class! str
1.0 listing! str|expr|[File|Directory|Dirent|str|expr]
1.1+ listing! expr|[null|File|Directory|Dirent|expr|[File|Directory]]
""",
    "EnvVarRequirement": "class! str\nenvDef! map(envName,envValue)[EnvironmentDef]",
    "ShellCommandRequirement": "class! str",
    "ResourceRequirement": """
class! str
1.0 coresMin long|str|expr
1.0 coresMax int|str|expr
1.0 ramMin long|str|expr
1.0 ramMax long|str|expr
1.0 tmpdirMin long|str|expr
1.0 tmpdirMax long|str|expr
1.0 outdirMin long|str|expr
1.0 outdirMax long|str|expr
1.1 coresMin long|expr
1.1 coresMax int|expr
1.1 ramMin long|expr
1.1 ramMax long|expr
1.1 tmpdirMin long|expr
1.1 tmpdirMax long|expr
1.1 outdirMin long|expr
1.1 outdirMax long|expr
1.2+ coresMin num|expr
1.2+ coresMax num|expr
1.2+ ramMin num|expr
1.2+ ramMax num|expr
1.2+ tmpdirMin num|expr
1.2+ tmpdirMax num|expr
1.2+ outdirMin num|expr
1.2+ outdirMax num|expr
""",
    "WorkReuse": "class! str\nenableReuse! bool|expr",
    "NetworkAccess": "class! str\nnetworkAccess! bool|expr",
    "InplaceUpdateRequirement": "class! str\ninplaceUpdate! bool",
    "ToolTimeLimit": "class! str\ntimelimit! long|expr",
    "SubworkflowFeatureRequirement": "class! str",
    "ScatterFeatureRequirement": "class! str",
    "MultipleInputFeatureRequirement": "class! str",
    "StepInputExpressionRequirement": "class! str",
}

REQUIREMENTS: dict[str, str] = {
    **dict.fromkeys(
        (
            "InlineJavascriptRequirement",
            "SchemaDefRequirement",
            "DockerRequirement",
            "SoftwareRequirement",
            "InitialWorkDirRequirement",
            "EnvVarRequirement",
            "ShellCommandRequirement",
            "ResourceRequirement",
            "SubworkflowFeatureRequirement",
            "ScatterFeatureRequirement",
            "MultipleInputFeatureRequirement",
            "StepInputExpressionRequirement",
        ),
        "v1.0",
    ),
    **dict.fromkeys(
        ("LoadListingRequirement", "WorkReuse", "NetworkAccess", "InplaceUpdateRequirement", "ToolTimeLimit"), "v1.1"
    ),
}
"""Requirement classes and the version that brought them."""
