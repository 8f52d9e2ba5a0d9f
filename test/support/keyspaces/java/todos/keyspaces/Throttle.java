package todos.keyspaces;

import java.util.function.Supplier;

import org.apache.cassandra.db.ConsistencyLevel;
import org.apache.cassandra.db.WriteType;
import org.apache.cassandra.exceptions.ReadTimeoutException;
import org.apache.cassandra.exceptions.WriteTimeoutException;
import org.apache.cassandra.transport.messages.ResultMessage;

/**
 * Too little capacity looks like a timeout, for drivers know no better word:
 * docs.aws.amazon.com/keyspaces/latest/devguide/troubleshooting.serverless.html
 */
final class Throttle
{
    private static final int REQUIRED = 2;

    private final Share share = new Share();

    ResultMessage read(ConsistencyLevel consistency, Supplier<ResultMessage> execute)
    {
        if (isDue())
            throw new ReadTimeoutException(consistency, 0, REQUIRED, false);
        return execute.get();
    }

    ResultMessage write(WriteType type, ConsistencyLevel consistency, Supplier<ResultMessage> execute)
    {
        if (!isDue())
            return execute.get();
        if (Control.INSTANCE.throttledWritesApply())
            execute.get();
        throw new WriteTimeoutException(type, consistency, 0, REQUIRED);
    }

    private boolean isDue()
    {
        return share.picks(Control.INSTANCE.throttle());
    }
}
