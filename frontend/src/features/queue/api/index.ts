// Everything that reads or changes jobs and workers.
export { useJob } from "./useJob";
export { useBulk, useJobAction, type JobRequest } from "./useJobActions";
export { put, useJobList, type JobList } from "./useJobList";
export { useLastEnded, useWorkers } from "./useLists";
