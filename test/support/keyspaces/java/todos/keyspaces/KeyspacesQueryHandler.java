package todos.keyspaces;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;

import org.apache.cassandra.cql3.BatchQueryOptions;
import org.apache.cassandra.cql3.CQLStatement;
import org.apache.cassandra.cql3.QueryHandler;
import org.apache.cassandra.cql3.QueryOptions;
import org.apache.cassandra.cql3.QueryProcessor;
import org.apache.cassandra.cql3.statements.BatchStatement;
import org.apache.cassandra.cql3.statements.ModificationStatement;
import org.apache.cassandra.cql3.statements.SelectStatement;
import org.apache.cassandra.cql3.statements.UseStatement;
import org.apache.cassandra.cql3.statements.schema.AlterKeyspaceStatement;
import org.apache.cassandra.cql3.statements.schema.AlterSchemaStatement;
import org.apache.cassandra.cql3.statements.schema.AlterTableStatement;
import org.apache.cassandra.cql3.statements.schema.CreateKeyspaceStatement;
import org.apache.cassandra.cql3.statements.schema.CreateTableStatement;
import org.apache.cassandra.cql3.statements.schema.CreateTypeStatement;
import org.apache.cassandra.cql3.statements.schema.DropKeyspaceStatement;
import org.apache.cassandra.cql3.statements.schema.DropTableStatement;
import org.apache.cassandra.cql3.statements.schema.DropTypeStatement;
import org.apache.cassandra.db.WriteType;
import org.apache.cassandra.exceptions.InvalidRequestException;
import org.apache.cassandra.exceptions.UnauthorizedException;
import org.apache.cassandra.service.ClientState;
import org.apache.cassandra.service.QueryState;
import org.apache.cassandra.transport.Dispatcher.RequestTime;
import org.apache.cassandra.transport.messages.ResultMessage;
import org.apache.cassandra.utils.MD5Digest;

/** Every statement of a client passes here: refused as Amazon Keyspaces refuses it, or handed to Cassandra. */
public final class KeyspacesQueryHandler implements QueryHandler
{
    // docs.aws.amazon.com/keyspaces/latest/devguide/cassandra-apis.html: no indexes, triggers, functions,
    // aggregates, views, ALTER TYPE or TRUNCATE; IAM in place of roles and grants. Whatever is not named there, neither.
    private static final Set<Class<?>> SCHEMA_STATEMENTS = Set.of(
        CreateKeyspaceStatement.class, AlterKeyspaceStatement.class, DropKeyspaceStatement.class,
        CreateTableStatement.class, AlterTableStatement.class, DropTableStatement.class,
        CreateTypeStatement.class, DropTypeStatement.class);
    // docs.aws.amazon.com/keyspaces/latest/devguide/cql.ddl.table.html: ALTER TABLE adds columns and sets options.
    private static final Set<String> TABLE_CHANGES = Set.of("AddColumns", "AlterOptions");

    private final QueryProcessor cassandra = QueryProcessor.instance;
    private final SlowSchema schema = new SlowSchema();
    private final Pages pages = new Pages();
    private final Throttle throttle = new Throttle();

    public KeyspacesQueryHandler()
    {
        SystemSchemaMcs.register(schema);
    }

    @Override
    public CQLStatement parse(String cql, QueryState state, QueryOptions options)
    {
        return supported(cassandra.parse(Dialect.toCassandra(cql), state, options));
    }

    @Override
    public ResultMessage.Prepared prepare(String cql, ClientState state, Map<String, ByteBuffer> payload)
    {
        String translated = Dialect.toCassandra(cql);
        // docs.aws.amazon.com/keyspaces/latest/devguide/functional-differences.html#functional-differences.prepared-statements
        if (supported(QueryProcessor.getStatement(translated, state)) instanceof AlterSchemaStatement)
            throw new InvalidRequestException("Schema statements can't be prepared");
        return cassandra.prepare(translated, state, payload);
    }

    @Override
    public Prepared getPrepared(MD5Digest id)
    {
        return cassandra.getPrepared(id);
    }

    @Override
    public ResultMessage process(CQLStatement statement, QueryState state, QueryOptions options, Map<String, ByteBuffer> payload, RequestTime time)
    {
        return dispatch(statement, state, options, payload, time);
    }

    @Override
    public ResultMessage processPrepared(CQLStatement statement, QueryState state, QueryOptions options, Map<String, ByteBuffer> payload, RequestTime time)
    {
        return dispatch(statement, state, options, payload, time);
    }

    @Override
    public ResultMessage processBatch(BatchStatement batch, QueryState state, BatchQueryOptions options, Map<String, ByteBuffer> payload, RequestTime time)
    {
        BatchRules.check(batch, options, state.getClientState());
        return throttle.write(typeOf(batch), options.getConsistency(),
                              () -> cassandra.processBatch(batch, state, options, payload, time));
    }

    private ResultMessage dispatch(CQLStatement statement, QueryState state, QueryOptions options, Map<String, ByteBuffer> payload, RequestTime time)
    {
        ClientState client = state.getClientState();
        if (isOfSystem(statement))
            return system(statement, state, options, payload, time);
        if (statement instanceof SelectStatement select)
            return select(select, state, options, payload, time);
        if (statement instanceof AlterSchemaStatement change)
            return schema.begin(change, state, options);
        if (statement instanceof BatchStatement batch)
            BatchRules.check(batch, BatchQueryOptions.withoutPerStatementVariables(options), client);
        if (statement instanceof ModificationStatement write)
        {
            WriteRules.checkConsistency(options.getConsistency(), options.getSerialConsistency());
            WriteRules.check(write, options, client);
        }
        if (statement instanceof UseStatement)
            return cassandra.process(statement, state, options, payload, time);
        return throttle.write(typeOf(statement), options.getConsistency(),
                              () -> cassandra.process(statement, state, options, payload, time));
    }

    private ResultMessage select(SelectStatement select, QueryState state, QueryOptions options, Map<String, ByteBuffer> payload, RequestTime time)
    {
        SelectRules.check(select, options, state.getClientState());
        return throttle.read(options.getConsistency(), () -> {
            ResultMessage empty = pages.emptyPage(select, state, options);
            return empty != null ? empty : cassandra.process(select, state, pages.shortened(options), payload, time);
        });
    }

    // docs.aws.amazon.com/keyspaces/latest/devguide/functional-differences.html#functional-differences.system-tables
    private ResultMessage system(CQLStatement statement, QueryState state, QueryOptions options, Map<String, ByteBuffer> payload, RequestTime time)
    {
        if (!(statement instanceof SelectStatement))
            throw new UnauthorizedException("System tables are read-only");
        return cassandra.process(statement, state, options, payload, time);
    }

    private static boolean isOfSystem(CQLStatement statement)
    {
        return statement instanceof CQLStatement.SingleKeyspaceCqlStatement single && single.keyspace().startsWith("system");
    }

    private static WriteType typeOf(CQLStatement statement)
    {
        if (statement.hasConditions())
            return WriteType.CAS;
        if (!(statement instanceof BatchStatement batch))
            return WriteType.SIMPLE;
        return batch.type == BatchStatement.Type.LOGGED ? WriteType.BATCH : WriteType.UNLOGGED_BATCH;
    }

    private static CQLStatement supported(CQLStatement statement)
    {
        String kind = statement.getClass().getSimpleName().replace("Statement", "");
        boolean known = statement instanceof SelectStatement
                        || statement instanceof ModificationStatement
                        || statement instanceof BatchStatement
                        || statement instanceof UseStatement
                        || SCHEMA_STATEMENTS.stream().anyMatch(type -> type.isInstance(statement));
        if (!known || (statement instanceof AlterTableStatement && !TABLE_CHANGES.contains(kind)))
            throw new InvalidRequestException(kind + " is not supported");
        return statement;
    }
}
