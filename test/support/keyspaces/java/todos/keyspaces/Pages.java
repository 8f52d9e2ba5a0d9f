package todos.keyspaces;

import org.apache.cassandra.cql3.QueryOptions;
import org.apache.cassandra.cql3.ResultSet;
import org.apache.cassandra.cql3.statements.SelectStatement;
import org.apache.cassandra.db.ReadQuery;
import org.apache.cassandra.db.SinglePartitionReadQuery;
import org.apache.cassandra.db.filter.ClusteringIndexNamesFilter;
import org.apache.cassandra.service.QueryState;
import org.apache.cassandra.service.pager.PagingState;
import org.apache.cassandra.transport.messages.ResultMessage;

/**
 * Pages with fewer rows than asked for, or none, that are not the last: Keyspaces ends a page by the rows and
 * bytes read, not by the rows found: docs.aws.amazon.com/keyspaces/latest/devguide/paginating-results.html
 */
final class Pages
{
    private final Share share = new Share();

    /** The options of a shorter page, for whatever size the client asked. */
    QueryOptions shortened(QueryOptions options)
    {
        int asked = options.getPageSize();
        int rowsMax = Control.INSTANCE.pageRowsMax();
        return QueryOptions.withPageSize(options, asked > 0 ? Math.min(asked, rowsMax) : rowsMax);
    }

    /** An empty page that leads to the very rows it should have held, or null where it is not an empty one's turn. */
    ResultMessage emptyPage(SelectStatement select, QueryState state, QueryOptions options)
    {
        PagingState resume = options.getPagingState();
        if (resume == null)
            resume = beginning(select, state, options);
        if (resume == null || !isTurn())
            return null;
        ResultSet.ResultMetadata metadata = select.getResultMetadata().copy();
        if (options.skipMetadata())
            metadata.setSkipMetadata();
        metadata.setHasMorePages(resume);
        return new ResultMessage.Rows(new ResultSet(metadata));
    }

    /** Before the first row. Only a slice of one partition has such a state; a row read by its key is never missed. */
    private static PagingState beginning(SelectStatement select, QueryState state, QueryOptions options)
    {
        ReadQuery query = select.getQuery(options, options.getNowInSeconds(state));
        if (!(query instanceof SinglePartitionReadQuery.Group<?> group) || group.queries.size() != 1)
            return null;
        if (group.queries.get(0).clusteringIndexFilter() instanceof ClusteringIndexNamesFilter)
            return null;
        return new PagingState(null, null, query.limits().count(), Integer.MAX_VALUE);
    }

    private boolean isTurn()
    {
        return share.picks(Control.INSTANCE.emptyPageShare());
    }
}
