package todos.keyspaces;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.apache.cassandra.audit.AuditLogContext;
import org.apache.cassandra.cql3.QueryOptions;
import org.apache.cassandra.cql3.statements.schema.AlterSchemaStatement;
import org.apache.cassandra.exceptions.InvalidRequestException;
import org.apache.cassandra.schema.Keyspaces;
import org.apache.cassandra.schema.Schema;
import org.apache.cassandra.service.QueryState;
import org.apache.cassandra.transport.Dispatcher.RequestTime;
import org.apache.cassandra.transport.messages.ResultMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Schema statements answer at once and take effect later; till then system_schema_mcs tells how far they are:
 * docs.aws.amazon.com/keyspaces/latest/devguide/tables-create.html
 */
final class SlowSchema
{
    private static final Logger LOGGER = LoggerFactory.getLogger(SlowSchema.class);

    /** What is under way: keyspace, a dot, the table (nothing for a keyspace) → CREATING, UPDATING or DELETING. */
    final Map<String, String> pending = new ConcurrentHashMap<>();

    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();

    ResultMessage begin(AlterSchemaStatement statement, QueryState state, QueryOptions options)
    {
        statement.authorize(state.getClientState());
        statement.validate(state.getClientState());
        Keyspaces before = Schema.instance.distributedKeyspaces();
        // Throws what Cassandra would: exists already, no such keyspace, …
        if (statement.apply(before).equals(before))
            return new ResultMessage.Void();
        String name = name(statement);
        if (pending.putIfAbsent(name, status(statement)) != null)
            throw new InvalidRequestException(name + " is not ACTIVE: another schema change of it is under way");
        executor.schedule(() -> finish(statement, name, options), Control.INSTANCE.schemaDelayMs(), TimeUnit.MILLISECONDS);
        return new ResultMessage.Void();
    }

    private void finish(AlterSchemaStatement statement, String name, QueryOptions options)
    {
        try
        {
            statement.execute(QueryState.forInternalCalls(), options, RequestTime.forImmediateExecution());
        }
        catch (RuntimeException e)
        {
            LOGGER.error("{} failed after it was accepted", name, e);
        }
        finally
        {
            pending.remove(name);
        }
    }

    private static String name(AlterSchemaStatement statement)
    {
        AuditLogContext context = statement.getAuditLogContext();
        return context.keyspace + "." + (context.scope == null ? "" : context.scope);
    }

    private static String status(AlterSchemaStatement statement)
    {
        String kind = statement.getClass().getSimpleName();
        return kind.startsWith("Create") ? "CREATING" : kind.startsWith("Drop") ? "DELETING" : "UPDATING";
    }
}
