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
sfn delete-state-machine --state-machine-arn "$machine"
echo "the AWS CLI speaks to it"
