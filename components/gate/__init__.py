"""The recall gate: the results of the Evaluator, the verdict, the blessing for the Pusher."""
