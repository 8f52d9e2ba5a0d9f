/** What follows the last slash: the id in an ARN such as `arn:aws:ecs:eu-west-1:111122223333:task/todos/4f2a`. */
export function lastPartOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
