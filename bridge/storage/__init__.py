"""What is remembered and queued: the only room that talks to DynamoDB and SQS."""
