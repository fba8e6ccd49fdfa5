#!/usr/bin/env bash
# The Step Functions API of `asl serve`, by the AWS CLI: `cli.sh ENDPOINT`.
set -euo pipefail

export AWS_ACCESS_KEY_ID=AKIDBAR AWS_SECRET_ACCESS_KEY=flour AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
export AWS_ENDPOINT_URL_SFN=$1 AWS_MAX_ATTEMPTS=1
sfn() { aws stepfunctions "$@" --output text; }
is() { [ "$1" = "$2" ] || { echo "got $1, wanted $2" >&2; exit 1; }; }

role=arn:aws:iam::123456789012:role/Orders
definition='{"StartAt":"Rest","States":{"Rest":{"Type":"Wait","Seconds":1,"Next":"Say"},"Say":{"Type":"Pass","Result":"done","End":true}}}'
machine=$(sfn create-state-machine --name CliRest --definition "$definition" --role-arn $role --query stateMachineArn)
execution=$(sfn start-execution --state-machine-arn "$machine" --name first --input '{}' --query executionArn)
until [ "$(sfn describe-execution --execution-arn "$execution" --query status)" = SUCCEEDED ]; do sleep 0.2; done
is "$(sfn describe-execution --execution-arn "$execution" --query output)" '"done"'
# It asks for three pages, and answers for each.
is "$(sfn get-execution-history --execution-arn "$execution" --page-size 2 --query 'length(events)' | xargs)" "2 2 2"
refused=$(sfn start-execution --state-machine-arn "$machine" --name first 2>&1) && exit 1
case $refused in *ExecutionAlreadyExists*) ;; *) echo "$refused" >&2; exit 1 ;; esac
version=$(sfn publish-state-machine-version --state-machine-arn "$machine" --query stateMachineVersionArn)
is "$version" "$machine:1"
sfn tag-resource --resource-arn "$machine" --tags key=team,value=bar
is "$(sfn list-tags-for-resource --resource-arn "$machine" --query 'tags[0].value')" bar
is "$(sfn validate-state-machine-definition --definition "$definition" --query result)" OK
alias=$(sfn create-state-machine-alias --name prod --query stateMachineAliasArn \
  --routing-configuration "stateMachineVersionArn=$version,weight=100")
is "$alias" "$machine:prod"
sfn delete-state-machine --state-machine-arn "$machine"

# Stop, and redrive what was stopped.
create() { sfn create-state-machine --name "$1" --definition "$2" --role-arn $role --query stateMachineArn "${@:3}"; }
one() { echo "{\"StartAt\":\"$1\",\"States\":{\"$1\":$2}}"; }
described() { sfn describe-execution --execution-arn "$execution" --query "$1"; }
wait=$(create CliWait "$(one Wait '{"Type":"Wait","Seconds":3600,"End":true}')")
execution=$(sfn start-execution --state-machine-arn "$wait" --query executionArn)
sfn stop-execution --execution-arn "$execution" --error Closed >/dev/null
is "$(described '[status, error]' | xargs)" "ABORTED Closed"
sfn redrive-execution --execution-arn "$execution" >/dev/null
is "$(described '[status, redriveCount]' | xargs)" "RUNNING 1"
sfn stop-execution --execution-arn "$execution" >/dev/null

# A worker of an activity.
activity=$(sfn create-activity --name CliOvens --query activityArn)
bakery=$(create CliBakery "$(one Bake "{\"Type\":\"Task\",\"Resource\":\"$activity\",\"End\":true}")")
execution=$(sfn start-execution --state-machine-arn "$bakery" --input '"funghi"' --query executionArn)
token=$(sfn get-activity-task --activity-arn "$activity" --query taskToken)
sfn send-task-heartbeat --task-token="$token"
sfn send-task-success --task-token="$token" --task-output '"hot"'
until [ "$(described status)" != RUNNING ]; do sleep 0.2; done
is "$(described output)" '"hot"'

# A task that waits for its token, and is failed.
parameters='{"FunctionName":"Double","Payload":{"token.$":"$$.Task.Token"}}'
resource=arn:aws:states:::lambda:invoke.waitForTaskToken
callback=$(create CliCallback "$(one Ask "{\"Type\":\"Task\",\"Resource\":\"$resource\",\"Parameters\":$parameters,\"End\":true}")")
execution=$(sfn start-execution --state-machine-arn "$callback" --query executionArn)
history() { sfn get-execution-history --execution-arn "$execution" --query "$1"; }
until [ "$(history "events[?type=='TaskSubmitted'].type")" = TaskSubmitted ]; do sleep 0.2; done
token=$(history "events[?type=='TaskScheduled'].taskScheduledEventDetails.parameters" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["Payload"]["token"])')
sfn send-task-failure --task-token="$token" --error Closed
until [ "$(described status)" != RUNNING ]; do sleep 0.2; done
is "$(described error)" Closed

# A Map Run that takes a new concurrency while it runs.
rest='{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Rest","States":{"Rest":{"Type":"Wait","Seconds":3600,"End":true}}}'
each=$(create CliEach "$(one Each "{\"Type\":\"Map\",\"MaxConcurrency\":1,\"ItemProcessor\":$rest,\"End\":true}")")
execution=$(sfn start-execution --state-machine-arn "$each" --input '[1,2,3]' --query executionArn)
run=None
until [ "$run" != None ]; do
  sleep 0.2
  run=$(sfn list-map-runs --execution-arn "$execution" --query 'mapRuns[0].mapRunArn')
done
sfn update-map-run --map-run-arn "$run" --max-concurrency 2
is "$(sfn describe-map-run --map-run-arn "$run" --query maxConcurrency)" 2
sfn stop-execution --execution-arn "$execution" >/dev/null

# A test case of the mock file answers in place of a function that nobody serves.
parameters='"Parameters":{"FunctionName":"Charge"},"OutputPath":"$.Payload"'
mocked=$(create CliMocked "$(one Charge "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",$parameters,\"End\":true}")")
execution=$(sfn start-execution --state-machine-arn "$mocked#Sold" --query executionArn)
until [ "$(described status)" != RUNNING ]; do sleep 0.2; done
is "$(described output)" '"sold"'

# The two operations for which it puts `sync-` before the host: the server is its own proxy, which no host needs to be found for.
export HTTP_PROXY=$1 http_proxy=$1 AWS_ENDPOINT_URL_SFN=http://states.localdomain
greet='{"Type":"Pass","Result":"hello","End":true}'
express=$(create CliGreet "$(one Greet "$greet")" --type EXPRESS)
is "$(sfn start-sync-execution --state-machine-arn "$express" --query output)" '"hello"'
is "$(sfn test-state --definition "$greet" --role-arn $role --query '[status, output]' | xargs -0 | tr '\t' ' ' | head -1)" 'SUCCEEDED "hello"'
echo "the AWS CLI speaks to it"
