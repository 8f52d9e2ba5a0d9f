package todos.keyspaces;

import java.nio.ByteBuffer;

import org.apache.cassandra.cql3.QueryOptions;
import org.apache.cassandra.cql3.statements.DeleteStatement;
import org.apache.cassandra.cql3.statements.ModificationStatement;
import org.apache.cassandra.db.Clustering;
import org.apache.cassandra.db.ConsistencyLevel;
import org.apache.cassandra.db.DecoratedKey;
import org.apache.cassandra.db.SinglePartitionReadCommand;
import org.apache.cassandra.db.Slices;
import org.apache.cassandra.schema.TableMetadata;
import org.apache.cassandra.service.ClientState;
import org.apache.cassandra.utils.FBUtilities;

import static todos.keyspaces.Refusal.refuseIf;

/** What Keyspaces refuses of an INSERT, UPDATE or DELETE, alone or in a batch. */
final class WriteRules
{
    // docs.aws.amazon.com/keyspaces/latest/devguide/quotas.html
    private static final int ROW_BYTES_MAX = 1024 * 1024;
    private static final int PARTITION_KEY_BYTES_MAX = 2048;
    private static final int CLUSTERING_KEY_BYTES_MAX = 850;
    private static final int COLUMNS_MAX = 225;
    private static final int COLUMNS_WITH_TTL_MAX = 166;
    // docs.aws.amazon.com/keyspaces/latest/devguide/functional-differences.html#functional-differences.range-delete
    private static final int RANGE_DELETE_ROWS_MAX = 1000;

    private WriteRules() {}

    // docs.aws.amazon.com/keyspaces/latest/devguide/consistency.html. A driver that names no serial consistency
    // is heard as SERIAL, the protocol's default, so only LOCAL_SERIAL can be known to have been asked for.
    static void checkConsistency(ConsistencyLevel consistency, ConsistencyLevel serial)
    {
        refuseIf(consistency != ConsistencyLevel.LOCAL_QUORUM,
                 "Consistency level " + consistency + " is not supported for this operation. "
                 + "Supported consistency levels are: LOCAL_QUORUM");
        refuseIf(serial == ConsistencyLevel.LOCAL_SERIAL, "Consistency level LOCAL_SERIAL is not supported");
    }

    static void check(ModificationStatement write, QueryOptions options, ClientState state)
    {
        refuseIf(write.isTimestampSet(), "Client-side timestamps (USING TIMESTAMP) are not turned on");
        checkTtl(write, options);
        checkSizes(write, options, state);
        // docs.aws.amazon.com/keyspaces/latest/devguide/functional-differences.html#functional-differences.IN-keyword
        refuseIf(hasIn(write), "IN is not supported with UPDATE and DELETE");
        if (isRange(write))
            checkRange(write, options, state);
    }

    static boolean hasIn(ModificationStatement write)
    {
        return write.getRestrictions().keyIsInRelation() || write.getRestrictions().clusteringKeyRestrictionsHasIN();
    }

    /** Whether it deletes rows that it does not name one by one: a slice, or a whole partition of several rows. */
    static boolean isRange(ModificationStatement write)
    {
        return write instanceof DeleteStatement
               && !write.metadata().clusteringColumns().isEmpty()
               && !write.allOperations().iterator().hasNext()
               && (write.hasSlices() || !write.getRestrictions().hasClusteringColumnsRestrictions());
    }

    // docs.aws.amazon.com/keyspaces/latest/devguide/TTL-how-it-works.html: enabled on the table first
    private static void checkTtl(ModificationStatement write, QueryOptions options)
    {
        refuseIf(write.getTimeToLive(options) > 0 && !hasTtl(write.metadata()),
                 "Time to Live is not enabled on table " + write.metadata());
    }

    private static boolean hasTtl(TableMetadata table)
    {
        return table.params.defaultTimeToLive > 0 || table.params.maxIndexInterval == Dialect.TTL_MARK;
    }

    private static void checkSizes(ModificationStatement write, QueryOptions options, ClientState state)
    {
        int columns = write.updatedColumns().size();
        refuseIf(columns > (hasTtl(write.metadata()) ? COLUMNS_WITH_TTL_MAX : COLUMNS_MAX), columns + " columns are too many");
        for (ByteBuffer key : write.buildPartitionKeyNames(options, state))
            refuseIf(key.remaining() > PARTITION_KEY_BYTES_MAX, "The partition key is longer than 2048 bytes");
        if (!isRange(write))
            write.createClustering(options, state).forEach(WriteRules::checkClustering);
        long bytes = 0;
        for (ByteBuffer value : options.getValues())
            bytes += value == null ? 0 : Math.max(0, value.remaining());
        refuseIf(bytes > ROW_BYTES_MAX, "The row is larger than 1 MB");
    }

    private static void checkClustering(Clustering<?> clustering)
    {
        refuseIf(clustering.dataSize() > CLUSTERING_KEY_BYTES_MAX, "The clustering key is longer than 850 bytes");
        // An edition of docs.aws.amazon.com/keyspaces/latest/devguide/functional-differences.html had a section
        // "Empty strings": not as values of clustering columns. It is gone; kept here, being the stricter.
        for (ByteBuffer value : clustering.getBufferArray())
            refuseIf(value != null && !value.hasRemaining(), "A clustering column must not be empty");
    }

    private static void checkRange(ModificationStatement delete, QueryOptions options, ClientState state)
    {
        Slices slices = delete.createSlices(options);
        for (ByteBuffer key : delete.buildPartitionKeyNames(options, state))
            refuseIf(hasMoreRows(delete.metadata(), key, slices),
                     "A range delete may remove at most " + RANGE_DELETE_ROWS_MAX + " rows");
    }

    /** Whether live rows of the range exceed the limit. The bench has one node, so its own data is all there is. */
    private static boolean hasMoreRows(TableMetadata table, ByteBuffer key, Slices slices)
    {
        DecoratedKey decorated = table.partitioner.decorateKey(key);
        long nowSec = FBUtilities.nowInSeconds();
        var read = SinglePartitionReadCommand.create(table, nowSec, decorated, slices);
        int rows = 0;
        try (var controller = read.executionController(); var partitions = read.executeInternal(controller))
        {
            while (partitions.hasNext())
                try (var partition = partitions.next())
                {
                    for (; partition.hasNext() && rows <= RANGE_DELETE_ROWS_MAX; rows++)
                        partition.next();
                }
        }
        return rows > RANGE_DELETE_ROWS_MAX;
    }
}
