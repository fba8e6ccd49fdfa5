//! `elasticmapreduce`: its actions are Step Functions' own, about one cluster and one step where the API takes lists.
//!
//! Source: developer guide, "Create and manage Amazon EMR clusters with Step Functions".

use serde_json::{Map, Value, json};

use super::call::Call;
use super::connection::Answer;
use crate::TaskError;
use crate::error::predefined_errors;
use crate::services::parameters::{only, refused, required_text, unsupported};

/// The integration's name in `Resource`.
pub(super) const NAME: &str = "elasticmapreduce";

/// An action.
struct Action {
    name: &'static str,
    /// The operation that it calls.
    operation: &'static str,
    /// The fields of the request; none if they are the operation's.
    fields: &'static [Field],
    /// The only member of the result, with the operation's member that has it.
    result: Option<(&'static str, &'static str)>,
}

/// A field of a request.
enum Field {
    /// The operation has it, too.
    Same(&'static str),
    /// The operation has another name for it.
    As(&'static str, &'static str),
    /// The operation has an array of such values.
    OneOf(&'static str, &'static str),
    /// The name of a part of the cluster; the operation wants its id.
    Part(&'static Part),
}

/// A part of a cluster, which the integration finds by its name.
struct Part {
    field: &'static str,
    list: &'static str,
    listed: &'static str,
    /// The place of its id in the operation's request.
    id: &'static str,
}

const FLEET: Part = Part {
    field: "InstanceFleetName",
    list: "listInstanceFleets",
    listed: "InstanceFleets",
    id: "/InstanceFleet/InstanceFleetId",
};

const GROUP: Part = Part {
    field: "InstanceGroupName",
    list: "listInstanceGroups",
    listed: "InstanceGroups",
    id: "/InstanceGroups/0/InstanceGroupId",
};

const ACTIONS: [Action; 7] = [
    Action {
        name: "createCluster",
        operation: "runJobFlow",
        fields: &[],
        result: Some(("ClusterId", "/JobFlowId")),
    },
    Action {
        name: "terminateCluster",
        operation: "terminateJobFlows",
        fields: &[Field::OneOf("ClusterId", "JobFlowIds")],
        result: None,
    },
    Action {
        name: "addStep",
        operation: "addJobFlowSteps",
        fields: &[
            Field::As("ClusterId", "JobFlowId"),
            Field::OneOf("Step", "Steps"),
            Field::Same("ExecutionRoleArn"),
        ],
        result: Some(("StepId", "/StepIds/0")),
    },
    Action {
        name: "cancelStep",
        operation: "cancelSteps",
        fields: &[
            Field::Same("ClusterId"),
            Field::OneOf("StepId", "StepIds"),
            Field::Same("StepCancellationOption"),
        ],
        result: Some(("CancelStepsInfo", "/CancelStepsInfoList/0")),
    },
    Action {
        name: "setClusterTerminationProtection",
        operation: "setTerminationProtection",
        fields: &[
            Field::OneOf("ClusterId", "JobFlowIds"),
            Field::Same("TerminationProtected"),
        ],
        result: None,
    },
    Action {
        name: "modifyInstanceFleetByName",
        operation: "modifyInstanceFleet",
        fields: &[
            Field::Same("ClusterId"),
            Field::Same("InstanceFleet"),
            Field::Part(&FLEET),
        ],
        result: None,
    },
    Action {
        name: "modifyInstanceGroupByName",
        operation: "modifyInstanceGroups",
        fields: &[
            Field::Same("ClusterId"),
            Field::OneOf("InstanceGroup", "InstanceGroups"),
            Field::Part(&GROUP),
        ],
        result: None,
    },
];

/// The sentence for an action that there is not; `None` if there is one.
pub(super) fn lacks(action: &str) -> Option<String> {
    let is_there = ACTIONS.iter().any(|known| known.name == action);
    (!is_there).then(|| format!("the integration `{NAME}:{action}` cannot be called here"))
}

/// Calls an action, and gives its result with the answer that it was in.
pub(super) async fn start(call: &Call, action: &str, input: &Value) -> Result<(Value, Answer), TaskError> {
    let Some(action) = ACTIONS.iter().find(|known| known.name == action) else {
        let cause = lacks(action).unwrap_or_default();
        return Err(TaskError::new(predefined_errors::TASK_FAILED, cause));
    };
    let mut request = request(action, input)?;
    for field in action.fields {
        if let Field::Part(part) = field {
            let id = part.find(call, input).await?;
            let (place, name) = part.id.rsplit_once('/').unwrap_or_default();
            if let Some(Value::Object(members)) = request.pointer_mut(place) {
                members.insert(name.to_owned(), id);
            }
        }
    }
    let (result, answer) = call.start(action.operation, &request).await?;
    let member = |(name, place): (&str, &str)| Some((name.to_owned(), result.pointer(place)?.clone()));
    let result: Map<_, _> = action.result.and_then(member).into_iter().collect();
    Ok((result.into(), answer))
}

/// The operation's request, still without the ids of parts. Errors if the parameters do not fit the action.
fn request(action: &Action, input: &Value) -> Result<Value, TaskError> {
    if action.fields.is_empty() {
        return cluster(input);
    }
    let names: Vec<_> = action.fields.iter().map(Field::name).collect();
    only(input, &names)?;
    let mut request = Map::new();
    for field in action.fields {
        let given = input.get(field.name()).filter(|value| !value.is_null());
        let Some(value) = given.cloned() else { continue };
        match field {
            Field::Same(name) | Field::As(_, name) => request.insert((*name).to_owned(), value),
            Field::OneOf(_, name) => request.insert((*name).to_owned(), json!([value])),
            Field::Part(_) => None,
        };
    }
    let request = Value::Object(request);
    for field in action.fields {
        if let Field::Part(part) = field {
            required_text(input, part.field)?;
            part.check(input, &request)?;
        }
    }
    Ok(request)
}

/// The request for a cluster: it stays when its steps have ended, and its steps are tasks of their own.
fn cluster(input: &Value) -> Result<Value, TaskError> {
    if input.get("Steps").is_some_and(|steps| !steps.is_null()) {
        return Err(refused(input, &unsupported("Steps")));
    }
    if input.pointer("/Instances/KeepJobFlowAliveWhenNoSteps") != Some(&Value::Bool(true)) {
        let problem = "The field 'Instances.KeepJobFlowAliveWhenNoSteps' is required and must be TRUE";
        return Err(refused(input, problem));
    }
    Ok(input.clone())
}

impl Field {
    fn name(&self) -> &'static str {
        match self {
            Self::Same(name) | Self::As(name, _) | Self::OneOf(name, _) => name,
            Self::Part(part) => part.field,
        }
    }
}

impl Part {
    /// Errors if the request has no place for the id, or an id already.
    fn check(&self, input: &Value, request: &Value) -> Result<(), TaskError> {
        let (place, name) = self.id.rsplit_once('/').unwrap_or_default();
        let field = place.split('/').nth(1).unwrap_or_default().trim_end_matches('s');
        match request.pointer(place) {
            Some(Value::Object(members)) if members.contains_key(name) => Err(refused(input, &unsupported(name))),
            Some(Value::Object(_)) => Ok(()),
            Some(_) => {
                let problem = format!("The value for the field '{field}' must be an OBJECT");
                Err(refused(input, &problem))
            }
            None => {
                let problem = format!("The field '{field}' is required but was missing");
                Err(refused(input, &problem))
            }
        }
    }

    /// The id of the only part of the cluster with this name.
    async fn find(&self, call: &Call, input: &Value) -> Result<Value, TaskError> {
        let (cluster, wanted) = (required_text(input, "ClusterId")?, required_text(input, self.field)?);
        let mut ids = Vec::new();
        let mut marker = Value::Null;
        loop {
            let question = json!({ "ClusterId": cluster, "Marker": marker });
            let page = call.ask(self.list, &question).await?;
            let parts = page.get(self.listed).and_then(Value::as_array);
            let is_named = |part: &&Value| part.get("Name").and_then(Value::as_str) == Some(wanted);
            let named = parts.into_iter().flatten().filter(is_named);
            ids.extend(named.filter_map(|part| part.get("Id").cloned()));
            match page.get("Marker") {
                Some(next @ Value::String(_)) => marker = next.clone(),
                _ => break,
            }
        }
        match (ids.pop(), ids.is_empty()) {
            (Some(id), true) => Ok(id),
            (found, _) => {
                let count = if found.is_none() {
                    "no part"
                } else {
                    "more than one part"
                };
                let cause = format!("The cluster {cluster} has {count} with the {} {wanted}.", self.field);
                Err(TaskError::new(predefined_errors::TASK_FAILED, cause))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(action: &str, input: Value) -> Result<Value, String> {
        let action = ACTIONS.iter().find(|known| known.name == action).unwrap();
        request(action, &input).map_err(|error| {
            assert_eq!(error.error(), "States.Runtime");
            error.cause().to_owned()
        })
    }

    #[test]
    fn every_operation_takes_the_fields() {
        use crate::handlers::aws::model::Model;
        let model = Model::of("emr").unwrap();
        for action in &ACTIONS {
            let operation = model.operation(action.operation).unwrap();
            let members: Vec<_> = operation.input.unwrap().members().collect();
            for field in action.fields {
                let (Field::Same(name) | Field::As(_, name) | Field::OneOf(_, name)) = field else {
                    continue;
                };
                assert!(
                    members.iter().any(|member| member.name == *name),
                    "{}: {name}",
                    action.name
                );
            }
        }
        for part in [&FLEET, &GROUP] {
            assert!(model.operation(part.list).is_some(), "{}", part.list);
        }
    }

    #[test]
    fn one_value_becomes_a_list() {
        let step = json!({ "Name": "Sum", "HadoopJarStep": { "Jar": "sum.jar" } });
        assert_eq!(
            requested("addStep", json!({ "ClusterId": "j-1", "Step": step })).unwrap(),
            json!({ "JobFlowId": "j-1", "Steps": [step] })
        );
        assert_eq!(
            requested("cancelStep", json!({ "ClusterId": "j-1", "StepId": "s-1" })).unwrap(),
            json!({ "ClusterId": "j-1", "StepIds": ["s-1"] })
        );
        let change =
            json!({ "ClusterId": "j-1", "InstanceGroupName": "Core", "InstanceGroup": { "InstanceCount": 8 } });
        assert_eq!(
            requested("modifyInstanceGroupByName", change).unwrap(),
            json!({ "ClusterId": "j-1", "InstanceGroups": [{ "InstanceCount": 8 }] })
        );
    }

    #[test]
    fn fields_of_the_operation_alone_are_refused() {
        for (action, input, problem) in [
            (
                "addStep",
                json!({ "JobFlowId": "j-1" }),
                "The field \"JobFlowId\" is not supported by Step Functions",
            ),
            (
                "createCluster",
                json!({ "Instances": { "KeepJobFlowAliveWhenNoSteps": true }, "Steps": [] }),
                "The field \"Steps\" is not supported by Step Functions",
            ),
            (
                "createCluster",
                json!({ "Name": "bar" }),
                "The field 'Instances.KeepJobFlowAliveWhenNoSteps' is required and must be TRUE",
            ),
            (
                "modifyInstanceFleetByName",
                json!({ "ClusterId": "j-1", "InstanceFleetName": "Core", "InstanceFleet": { "InstanceFleetId": "if-1" } }),
                "The field \"InstanceFleetId\" is not supported by Step Functions",
            ),
            (
                "modifyInstanceGroupByName",
                json!({ "ClusterId": "j-1", "InstanceGroupName": "Core" }),
                "The field 'InstanceGroup' is required but was missing",
            ),
        ] {
            let cause = requested(action, input).unwrap_err();
            assert!(cause.ends_with(&format!("[{problem}]")), "{cause}");
        }
    }
}
