package todos.keyspaces;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.apache.cassandra.cql3.BatchQueryOptions;
import org.apache.cassandra.cql3.QueryOptions;
import org.apache.cassandra.cql3.statements.BatchStatement;
import org.apache.cassandra.cql3.statements.ModificationStatement;
import org.apache.cassandra.service.ClientState;
import org.apache.cassandra.utils.ByteBufferUtil;

import static todos.keyspaces.Refusal.refuseIf;

/** What Keyspaces refuses of a batch: docs.aws.amazon.com/keyspaces/latest/devguide/batchStatements.html */
final class BatchRules
{
    // functional-differences.html#functional-differences.batch and quotas.html, same guide
    private static final int UNLOGGED_STATEMENTS_MAX = 30;
    private static final int LOGGED_STATEMENTS_MAX = 100;

    private BatchRules() {}

    static void check(BatchStatement batch, BatchQueryOptions options, ClientState state)
    {
        WriteRules.checkConsistency(options.getConsistency(), options.getSerialConsistency());
        List<ModificationStatement> writes = batch.getStatements();
        boolean logged = batch.type == BatchStatement.Type.LOGGED;
        int max = logged ? LOGGED_STATEMENTS_MAX : UNLOGGED_STATEMENTS_MAX;
        refuseIf(writes.size() > max, "Batches with more than " + max + " statements are not supported.");
        // Conditions in batches are documented for logged ones alone.
        refuseIf(!logged && batch.hasConditions(), "Conditional statements are not supported in unlogged batches");
        Set<String> rows = new HashSet<>();
        for (int index = 0; index < writes.size(); index++)
        {
            ModificationStatement write = writes.get(index);
            QueryOptions own = options.forStatement(index);
            WriteRules.check(write, own, state);
            if (logged)
                checkLogged(write, own, state, rows);
        }
    }

    private static void checkLogged(ModificationStatement write, QueryOptions options, ClientState state, Set<String> rows)
    {
        refuseIf(WriteRules.isRange(write), "Range deletes are not supported in logged batches");
        refuseIf(write.isCounter(), "Counters are not supported in logged batches");
        for (ByteBuffer key : write.buildPartitionKeyNames(options, state))
            for (var clustering : write.createClustering(options, state))
                refuseIf(!rows.add(write.metadata().id + " " + ByteBufferUtil.bytesToHex(key)
                                   + " " + clustering.toString(write.metadata())),
                         "Several statements on one row are not supported in logged batches");
    }
}
