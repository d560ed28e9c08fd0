# Creates, starts and polls one restore by the vendor's command line: cli.sh ENDPOINT NUMBER.
set -eu
i=$2

call() { aliyun dbs "$@" --insecure --endpoint "$endpoint"; } # --insecure is HTTP

endpoint=${1#http://}
id=$(call CreateRestoreTask --BackupPlanId "$(printf 'dbs1bench%02d' $((i % 10)))" --RestoreTaskName "bench-$i" \
	--DestinationEndpointInstanceType RDS --DestinationEndpointRegion cn-hangzhou \
	--DestinationEndpointInstanceID "$(printf 'rm-bench%02d' $((i % 20)))" \
	--DestinationEndpointUserName drill --DestinationEndpointPassword made-up \
	--RestoreObjects '[{"DBName":"shop","NewDBName":"shop_'"$i"'"}]' --RestoreTime $(($(date +%s) - 3600))000 |
	sed -n 's/.*"RestoreTaskId": "\([^"]*\)".*/\1/p')
call StartRestoreTask --RestoreTaskId "$id" >/dev/null
while sleep 0.2; do
	case $(call DescribeRestoreTaskList --RestoreTaskId "$id") in
	*'"RestoreStatus": "finish"'*) exit 0 ;;
	*'"RestoreStatus": "init"'* | *'"RestoreStatus": "running"'*) ;;
	*) exit 1 ;;
	esac
done
