package todos.keyspaces;

import org.apache.cassandra.exceptions.InvalidRequestException;

final class Refusal
{
    private Refusal() {}

    static void refuseIf(boolean broken, String message)
    {
        if (broken)
            throw new InvalidRequestException(message);
    }
}
